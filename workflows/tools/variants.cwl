# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Expand the axes of the study and its folds to variants and what they start from, each with a stable id
baseCommand: [alveus, variants]
arguments: [--out, variants]
inputs:
  folds: {type: File, inputBinding: {prefix: --folds}}
  preset: {type: "string?", inputBinding: {prefix: --preset}}
  study: {type: "File?", inputBinding: {prefix: --study}}
  epochs: {type: "int?", inputBinding: {prefix: --epochs}}
outputs:
  variants: {type: "File[]", outputBinding: {glob: "variants/*.json"}}
  table: {type: File, outputBinding: {glob: variants/variants.csv}}
  pretrainings: {type: "File[]", outputBinding: {glob: "variants/pretrainings/*.json"}}
