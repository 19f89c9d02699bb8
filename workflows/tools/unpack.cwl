# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: ExpressionTool
label: What came of all variants in the order of their names, however they were packed
requirements:
  InlineJavascriptRequirement: {}
inputs:
  models: {type: {type: array, items: {type: array, items: Directory}}}
  scores: {type: {type: array, items: {type: array, items: File}}}
  explanations: {type: {type: array, items: {type: array, items: Directory}}}
  failures: {type: {type: array, items: {type: array, items: File}}}
outputs:
  models: Directory[]
  scores: File[]
  explanations: Directory[]
  failures: File[]
expression: |
  ${
    var flat = function (packs) { return [].concat.apply([], packs); };
    var named = function (packs) {
      return flat(packs).sort(function (a, b) { return a.basename < b.basename ? -1 : 1; });
    };
    return {models: named(inputs.models), scores: named(inputs.scores), explanations: named(inputs.explanations),
            failures: flat(inputs.failures)};
  }
