/* XML replies, read through libxml2 into a small tree that belongs to the operation.
 *
 * Strict on purpose: a document with a DTD is refused before any of it is read (entities could fetch files or
 * grow without end), the network is off, and what is over KIT_XML_MOST bytes is not looked at.  Namespaces
 * are dropped: names are local names.  A driver that uses it links libxml2. */
#pragma once

#include "kit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A full page of any service here is well under one megabyte. */
#define KIT_XML_MOST ((size_t)8 << 20)

struct kit_xml {
    const char *name;
    const char *text; /* all its own text joined; "" where there is none; blanks around it are kept */
    const struct kit_xml *first; /* child elements, in order */
    const struct kit_xml *next;  /* sibling */
};

/* The root element, or NULL; then *why (unless why is NULL) is a sentence. */
const struct kit_xml *kit_xml_parse(const struct kit *kit, struct lf_op *op, const char *bytes, size_t len,
                                    const char **why);
/* The first element at "A/B/C" below `xml`, or NULL.  `xml` may be NULL. */
const struct kit_xml *kit_xml_find(const struct kit_xml *xml, const char *path);
/* Its text, or NULL. */
const char *kit_xml_text(const struct kit_xml *xml, const char *path);
/* "true" as XML Schema spells booleans. */
bool kit_xml_is_true(const struct kit_xml *xml, const char *path);
/* Siblings of one name: for (e = kit_xml_find(x, "Items/Item"); e; e = kit_xml_again(e)). */
const struct kit_xml *kit_xml_again(const struct kit_xml *xml);
/* Text made safe to stand in an element; what XML cannot hold at all becomes U+FFFD. */
void kit_xml_add(const struct kit *kit, struct lf_op *op, struct kit_text *out, const char *text);

#ifdef __cplusplus
}
#endif
