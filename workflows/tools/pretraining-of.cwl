# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: ExpressionTool
label: The name of what a variant starts from, where that is learned without labels
requirements:
  InlineJavascriptRequirement: {}
inputs:
  variant: {type: File, loadContents: true}
outputs:
  pretraining: string?
expression: "$({pretraining: JSON.parse(inputs.variant.contents).pretraining || null})"
