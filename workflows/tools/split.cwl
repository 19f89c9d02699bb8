# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Freeze the folds, grouped by patient; fail when a patient or a picture stands in two roles
baseCommand: [alveus, split]
arguments: [--out, folds]
inputs:
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  method: {type: string, default: auto, inputBinding: {prefix: --method}}
  folds: {type: int, default: 5, inputBinding: {prefix: --folds}}
  seed: {type: int, default: 1, inputBinding: {prefix: --seed}}
outputs:
  folds: {type: Directory, outputBinding: {glob: folds}}
  table: {type: File, outputBinding: {glob: folds/folds.csv}}
