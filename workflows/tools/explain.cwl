# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Grad-CAM overlays of test slices, scored against lung and lesion masks where there are any
requirements:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
baseCommand: [alveus, explain]
arguments: [--record-failure, --out, $(inputs.model.basename)-explanations]
inputs:
  model: {type: Directory, inputBinding: {prefix: --model}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  folds: {type: File, inputBinding: {prefix: --folds}}
  count: {type: int, default: 6, inputBinding: {prefix: --count}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
outputs:
  explanations: {type: "Directory?", outputBinding: {glob: $(inputs.model.basename)-explanations}}
  failure: {type: "File?", outputBinding: {glob: failure.json}}
