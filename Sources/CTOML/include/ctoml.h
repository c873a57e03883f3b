// SPDX-License-Identifier: Apache-2.0
//
// A C face for toml++ (https://marzer.github.io/tomlplusplus, MIT licence, Debian libtomlplusplus-dev): a parsed
// document as a flat list of its nodes in document-tree order, each with its place in the text.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a node is. Plain numbers, since a C enum would arrive in Swift with undefined behaviour for other values.
static const int32_t ctoml_table = 0;
static const int32_t ctoml_array = 1;
static const int32_t ctoml_string = 2;
static const int32_t ctoml_integer = 3;
static const int32_t ctoml_floating = 4;
static const int32_t ctoml_boolean = 5;
static const int32_t ctoml_date_or_time = 6;

/// One node. The pointers belong to the document and live as long as it does.
typedef struct {
  int32_t kind;
  /// 1-based; of the key, or of the value for an element of an array. 0: unknown.
  uint32_t line;
  uint32_t column;
  /// The name in the surrounding table, UTF-8 without a terminator; empty for elements of an array and the root.
  const char *key;
  size_t key_length;
  /// The text of a string, UTF-8 without a terminator; empty otherwise.
  const char *text;
  size_t text_length;
  /// The value of an integer; 0 or 1 for a boolean.
  int64_t integer;
  double floating;
  /// How many nodes stand directly inside this table or array. They follow it, each with its own inner nodes.
  size_t children;
} ctoml_node;

typedef struct ctoml_document ctoml_document;

/// Parses TOML 1.0. NULL only when there is no memory; free the result with `ctoml_free` in any case.
ctoml_document *ctoml_parse(const char *text, size_t length);
void ctoml_free(ctoml_document *document);

/// What is wrong with the text, or NULL; `line` and `column` are set to its place.
const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column);

/// The nodes, the root table first. 0 when there was an error.
size_t ctoml_count(const ctoml_document *document);
ctoml_node ctoml_at(const ctoml_document *document, size_t index);

#ifdef __cplusplus
}
#endif
