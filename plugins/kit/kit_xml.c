#include "kit_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

/* No entity is ever expanded and nothing is fetched; what libxml2 has to say comes as a return value. */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)

/* Called where a document type declaration begins, before its inside is read. */
static void refuse_dtd(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxtPtr parser = context;
    bool *refused = parser->_private;
    (void)name, (void)external, (void)system;
    *refused = true;
    xmlStopParser(parser);
}

static struct kit_xml *element(const struct kit *kit, struct lf_op *op, const xmlNode *node)
{
    struct kit_xml *made = kit->ops->scratch(op, sizeof(*made));
    const char *name = (const char *)node->name;
    struct kit_text text = {0};
    kit_text_add(kit, op, &text, NULL, 0);
    for (const xmlNode *child = node->children; child; child = child->next) {
        bool is_text = child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE;
        if (is_text && child->content)
            kit_text_add(kit, op, &text, (const char *)child->content, strlen((const char *)child->content));
    }
    made->name = kit_copy(kit, op, name, strlen(name));
    made->text = text.bytes;
    return made;
}

/* Copies a tree without recursion, so that no depth of nesting can exhaust the stack. */
static const struct kit_xml *copy_tree(const struct kit *kit, struct lf_op *op, const xmlNode *root)
{
    /* libxml2 refuses documents deeper than this without XML_PARSE_HUGE. */
    enum { DEEPEST = 257 };
    struct kit_xml *open[DEEPEST] = {element(kit, op, root)};
    struct kit_xml *last[DEEPEST] = {NULL}; /* child of open[depth] */
    size_t depth = 0;
    for (const xmlNode *node = root->children, *parent = root; parent;) {
        if (!node) {
            node = parent == root ? NULL : parent->next;
            parent = parent == root ? NULL : parent->parent;
            depth -= depth > 0 ? 1 : 0;
            continue;
        }
        if (node->type != XML_ELEMENT_NODE || depth + 1 == DEEPEST) {
            node = node->next;
            continue;
        }
        struct kit_xml *made = element(kit, op, node);
        if (last[depth])
            last[depth]->next = made;
        else
            open[depth]->first = made;
        last[depth++] = made;
        open[depth] = made;
        last[depth] = NULL;
        parent = node;
        node = node->children;
    }
    return open[0];
}

static const char *explain(const struct kit *kit, struct lf_op *op, xmlParserCtxtPtr parser)
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    if (!error || !error->message)
        return "it is not well-formed XML";
    size_t len = strcspn(error->message, "\n");
    return kit_format(kit, op, "it is not well-formed XML: line %d: %.*s", error->line, (int)len,
                      error->message);
}

const struct kit_xml *kit_xml_parse(const struct kit *kit, struct lf_op *op, const char *bytes, size_t len,
                                    const char **why)
{
    const struct kit_xml *root = NULL;
    const char *problem = "it is empty";
    if (len > KIT_XML_MOST)
        problem = "it is longer than any reply of this service";
    xmlParserCtxtPtr parser = len > 0 && len <= KIT_XML_MOST ? xmlNewParserCtxt() : NULL;
    if (parser) {
        bool refused = false;
        parser->_private = &refused;
        parser->sax->internalSubset = refuse_dtd;
        /* The encoding is given, so that no declaration can make other characters of these bytes. */
        xmlDocPtr doc = xmlCtxtReadMemory(parser, bytes, (int)len, NULL, "UTF-8", OPTIONS);
        const xmlNode *top = doc && !refused && parser->wellFormed ? xmlDocGetRootElement(doc) : NULL;
        if (top)
            root = copy_tree(kit, op, top);
        problem = refused ? "it has a document type declaration" : explain(kit, op, parser);
        xmlFreeDoc(doc);
        xmlFreeParserCtxt(parser);
    }
    if (!root && why)
        *why = problem;
    return root;
}

const struct kit_xml *kit_xml_find(const struct kit_xml *xml, const char *path)
{
    while (xml && *path) {
        size_t len = strcspn(path, "/");
        const struct kit_xml *child = xml->first;
        while (child && !(strlen(child->name) == len && memcmp(child->name, path, len) == 0))
            child = child->next;
        xml = child;
        path += len + (path[len] == '/' ? 1 : 0);
    }
    return xml;
}

const char *kit_xml_text(const struct kit_xml *xml, const char *path)
{
    const struct kit_xml *found = kit_xml_find(xml, path);
    return found ? found->text : NULL;
}

bool kit_xml_is_true(const struct kit_xml *xml, const char *path)
{
    const char *text = kit_xml_text(xml, path);
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

const struct kit_xml *kit_xml_again(const struct kit_xml *xml)
{
    const struct kit_xml *next = xml->next;
    while (next && strcmp(next->name, xml->name) != 0)
        next = next->next;
    return next;
}

void kit_xml_add(const struct kit *kit, struct lf_op *op, struct kit_text *out, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    for (const char *at = text; *at; at++) {
        const char *instead = NULL;
        for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
            instead = *at == escapes[i].c ? escapes[i].entity : instead;
        /* XML 1.0, 2.2: of the control characters it holds tab, line feed and carriage return, and a parser
         * turns the last into a line feed unless it is written as a reference. */
        if ((unsigned char)*at < ' ' && *at != '\t' && *at != '\n')
            instead = *at == '\r' ? "&#13;" : "\xEF\xBF\xBD";
        if (instead)
            kit_text_add(kit, op, out, instead, strlen(instead));
        else
            kit_text_add(kit, op, out, at, 1);
    }
}
