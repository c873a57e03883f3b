// SPDX-License-Identifier: Apache-2.0
internal import CYAML

/// What libyaml found next.
struct Event {
  enum Kind: Equatable {
    case streamStart, documentStart, documentEnd, streamEnd
    case alias(String)
    case scalar(String, isPlain: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  let kind: Kind
  let tag: String?
  let anchor: String?
  /// From 1.
  let line: Int
}

/// The events of a text in UTF-8, one after the other, from libyaml's parser.
@safe
struct Events: ~Copyable {
  // libyaml keeps pointers to the parser and to the text: both stay where they are.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) throws(YAMLError) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      throw YAMLError("there is no memory to read it", line: nil)
    }
    let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe text.initialize(from: bytes)
    unsafe yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe self.parser = parser
    unsafe self.text = text
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  mutating func next() throws(YAMLError) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure }
    // yaml.h: "An application must free any buffers associated with the produced event object
    // using the yaml_event_delete() function."
    defer { unsafe yaml_event_delete(&event) }
    return unsafe Event(event)
  }

  private var failure: YAMLError {
    let hasPlace = unsafe parser.pointee.error != YAML_READER_ERROR
    return unsafe YAMLError(
      string(parser.pointee.problem) ?? "cannot be read",
      line: hasPlace ? Int(parser.pointee.problem_mark.line) + 1 : nil)
  }
}

extension Event {
  fileprivate init(_ event: yaml_event_t) {
    line = Int(unsafe event.start_mark.line) + 1
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = unsafe .scalar(
        String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      tag = unsafe string(scalar.tag)
      anchor = unsafe string(scalar.anchor)
      return
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      tag = unsafe string(event.data.sequence_start.tag)
      anchor = unsafe string(event.data.sequence_start.anchor)
      return
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      tag = unsafe string(event.data.mapping_start.tag)
      anchor = unsafe string(event.data.mapping_start.anchor)
      return
    case YAML_ALIAS_EVENT: kind = unsafe .alias(string(event.data.alias.anchor) ?? "")
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    default: kind = .streamEnd
    }
    tag = nil
    anchor = nil
  }
}

/// Copies a C string; `nil` for a null pointer.
private func string(_ start: UnsafePointer<yaml_char_t>?) -> String? {
  unsafe start.map { unsafe String(cString: $0) }
}

private func string(_ start: UnsafeMutablePointer<yaml_char_t>?) -> String? {
  unsafe start.map { unsafe String(cString: $0) }
}

private func string(_ start: UnsafePointer<CChar>?) -> String? {
  unsafe start.map { unsafe String(cString: $0) }
}
