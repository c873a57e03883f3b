// SPDX-License-Identifier: Apache-2.0
#include "ctoml.h"

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

// Mistakes in the text arrive as values; only the standard library's own exceptions remain to be caught below.
#define TOML_EXCEPTIONS 0
// Version 3.3 asserts, and without assertions tells the optimizer, that a table's name does not begin with a
// character such as `=`; the code behind the assertion then reports just that as a mistake. So neither: the
// assertions are off, and NDEBUG is too, which would turn them into assumptions.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/toml.h>

struct ctoml_document {
  toml::parse_result result;
  std::vector<ctoml_node> nodes;
  std::string error;
  uint32_t error_line = 0;
  uint32_t error_column = 0;
};

namespace {

void flatten(std::vector<ctoml_node> &nodes, std::string_view key, toml::source_position place,
             const toml::node &node) {
  ctoml_node entry = {};
  entry.line = place.line;
  entry.column = place.column;
  entry.key = key.data();
  entry.key_length = key.size();

  if (const auto *table = node.as_table()) {
    entry.kind = ctoml_table;
    entry.children = table->size();
    nodes.push_back(entry);
    for (auto &&[name, value] : *table) flatten(nodes, name.str(), name.source().begin, value);
    return;
  }
  if (const auto *array = node.as_array()) {
    entry.kind = ctoml_array;
    entry.children = array->size();
    nodes.push_back(entry);
    for (auto &&value : *array) flatten(nodes, {}, value.source().begin, value);
    return;
  }
  if (const auto *text = node.as_string()) {
    entry.kind = ctoml_string;
    entry.text = text->get().data();
    entry.text_length = text->get().size();
  } else if (const auto *integer = node.as_integer()) {
    entry.kind = ctoml_integer;
    entry.integer = integer->get();
  } else if (const auto *floating = node.as_floating_point()) {
    entry.kind = ctoml_floating;
    entry.floating = floating->get();
  } else if (const auto *boolean = node.as_boolean()) {
    entry.kind = ctoml_boolean;
    entry.integer = boolean->get() ? 1 : 0;
  } else {
    entry.kind = ctoml_date_or_time;
  }
  nodes.push_back(entry);
}

void fail(ctoml_document &document, const char *reason) {
  document.nodes.clear();
  document.error = reason;
}

}  // namespace

extern "C" {

ctoml_document *ctoml_parse(const char *text, size_t length) {
  auto *document = new (std::nothrow) ctoml_document;
  if (document == nullptr) return nullptr;
  try {
    document->result = toml::parse(std::string_view(text, length));
    if (document->result.failed()) {
      const auto &error = document->result.error();
      fail(*document, std::string(error.description()).c_str());
      document->error_line = error.source().begin.line;
      document->error_column = error.source().begin.column;
    } else {
      const auto &root = document->result.table();
      flatten(document->nodes, {}, root.source().begin, root);
    }
  } catch (const std::exception &exception) {
    fail(*document, exception.what());
  }
  return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column) {
  *line = document->error_line;
  *column = document->error_column;
  return document->error.empty() ? nullptr : document->error.c_str();
}

size_t ctoml_count(const ctoml_document *document) { return document->nodes.size(); }

ctoml_node ctoml_at(const ctoml_document *document, size_t index) {
  return document->nodes.at(index);
}

}
