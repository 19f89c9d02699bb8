# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: ExpressionTool
label: One folder with the start weights of a pack's variants and no others'
requirements:
  InlineJavascriptRequirement: {}
inputs:
  wanted: {type: {type: array, items: ["null", string]}, doc: "Of each variant the pre-training it starts from, if any"}
  pretrained: {type: "Directory[]", doc: "What was learned without labels, called after the pre-trainings"}
  imported: {type: "Directory?", loadListing: shallow_listing, doc: Files of start weights}
outputs:
  weights: Directory?
expression: |
  ${
    var found = inputs.pretrained.filter(function (folder) { return inputs.wanted.indexOf(folder.basename) >= 0; });
    var files = inputs.imported && inputs.wanted.indexOf(null) >= 0 ? inputs.imported.listing : [];
    var listing = found.concat(files);
    if (listing.length === 0) return {weights: null};
    return {weights: {"class": "Directory", "basename": "start-weights", "listing": listing}};
  }
