# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: One self-contained page with everything and where it comes from
baseCommand: [alveus, study, report]
arguments: [--out, report.html]
inputs:
  comparison: {type: Directory, inputBinding: {prefix: --comparison}}
  metrics: {type: File, inputBinding: {prefix: --metrics}}
  training: {type: "Directory[]", inputBinding: {prefix: --training}}
  explanations: {type: "Directory[]", default: [], inputBinding: {prefix: --explanations}}
  study: {type: Directory, inputBinding: {prefix: --study}}
  folds: {type: Directory, inputBinding: {prefix: --folds}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
outputs:
  report: {type: File, outputBinding: {glob: report.html}}
