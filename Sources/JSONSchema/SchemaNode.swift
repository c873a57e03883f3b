// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One subschema, compiled: the keyword groups that it uses, nothing for those it does not.
///
/// It and its groups are classes because they are used in place: copying a group of rules for each
/// item of a long array costs more than checking the item.
final class SchemaNode: Sendable {
  /// The resource whose dynamic scope it is in.
  let resource: Int
  let types: TypeSet
  let values: ValueRules?
  let numbers: NumberRules?
  let strings: StringRules?
  let arrays: ArrayRules?
  let objects: ObjectRules?
  let references: ReferenceRules?
  let combination: CombinationRules?
  let unevaluated: UnevaluatedRules?
  /// `false`, the schema that nothing fits.
  let isNever: Bool

  init(
    resource: Int, types: TypeSet = .all, values: ValueRules? = nil, numbers: NumberRules? = nil,
    strings: StringRules? = nil, arrays: ArrayRules? = nil, objects: ObjectRules? = nil,
    references: ReferenceRules? = nil, combination: CombinationRules? = nil,
    unevaluated: UnevaluatedRules? = nil, isNever: Bool = false
  ) {
    self.resource = resource
    self.types = types
    self.values = values
    self.numbers = numbers
    self.strings = strings
    self.arrays = arrays
    self.objects = objects
    self.references = references
    self.combination = combination
    self.unevaluated = unevaluated
    self.isNever = isNever
  }
}
