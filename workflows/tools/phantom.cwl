# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Make a synthetic chest-CT data set with ground-truth lesions
requirements:
  ResourceRequirement: {coresMin: $(inputs.threads)}
baseCommand: [alveus, phantom]
arguments: [--out, phantom]
inputs:
  patients: {type: int, default: 48, inputBinding: {prefix: --patients}}
  slices: {type: int, default: 4, inputBinding: {prefix: --slices}}
  size: {type: int, default: 96, inputBinding: {prefix: --size}}
  seed: {type: int, default: 1, inputBinding: {prefix: --seed}}
  marker: {type: string, default: none, inputBinding: {prefix: --marker}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
outputs:
  data: {type: Directory, outputBinding: {glob: phantom}}
