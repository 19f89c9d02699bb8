# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Map the fixed window, crop to the lungs, resize; one array for every training
requirements:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
baseCommand: [alveus, window]
arguments: [--out, tensors]
inputs:
  table: {type: File, inputBinding: {prefix: --study}}
  data: {type: Directory, inputBinding: {prefix: --data}}
  size: {type: int, default: 128, inputBinding: {prefix: --size}}
  low: {type: float, default: -1250, inputBinding: {prefix: --low}}
  high: {type: float, default: 250, inputBinding: {prefix: --high}}
  crop: {type: string, default: lung, inputBinding: {prefix: --crop}}
  dtype: {type: string, default: uint8, inputBinding: {prefix: --dtype}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
outputs:
  tensors: {type: Directory, outputBinding: {glob: tensors}}
