# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: ExpressionTool
label: The start weights of one variant, so that it waits for no other's and gets no other's
requirements:
  InlineJavascriptRequirement: {}
inputs:
  variant: {type: File, loadContents: true}
  pretrained: {type: "Directory[]", doc: "What was learned without labels, called after the pre-trainings"}
  imported: {type: "Directory?", doc: Files of start weights}
outputs:
  weights: Directory?
expression: |
  ${
    var wanted = JSON.parse(inputs.variant.contents).pretraining;
    if (!wanted) return {weights: inputs.imported};
    var found = inputs.pretrained.filter(function (folder) { return folder.basename === wanted; });
    return {weights: found.length > 0 ? found[0] : null};
  }
