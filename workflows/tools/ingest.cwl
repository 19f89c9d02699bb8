# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Read the manifest, check every file, list what is accepted and what is rejected, with reasons
requirements:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
baseCommand: [alveus, ingest]
arguments: [--out, study]
inputs:
  data: {type: Directory, inputBinding: {prefix: --data}}
  manifest: {type: "File?", inputBinding: {prefix: --manifest}}
  positive: {type: "string?", inputBinding: {prefix: --positive}}
  duplicates: {type: string, default: drop, inputBinding: {prefix: --duplicates}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
outputs:
  study: {type: Directory, outputBinding: {glob: study}}
  table: {type: File, outputBinding: {glob: study/study.csv}}
