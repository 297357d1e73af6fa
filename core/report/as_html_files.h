/* The style and the script of the page, as bytes of the program: report.css and report.js, made a table by
 * the build. */
#pragma once

extern const char as_html_style[], as_html_script[];
