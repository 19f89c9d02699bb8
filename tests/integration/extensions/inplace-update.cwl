#!/usr/bin/env cwl-runner
# Two tools add a line to one file where it lies.
cwlVersion: v1.0
class: Workflow
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  InlineJavascriptRequirement: {}
inputs: []
outputs:
  file: {type: File, outputSource: second/out}
steps:
  make:
    in: []
    out: [out]
    run:
      class: CommandLineTool
      inputs: []
      baseCommand: [echo, zero]
      stdout: counts.txt
      outputs: {out: stdout}
  first:
    in: {file: make/out}
    out: [out]
    run: &add
      class: CommandLineTool
      requirements:
        cwltool:InplaceUpdateRequirement: {inplaceUpdate: true}
        InitialWorkDirRequirement: {listing: [{entry: $(inputs.file), writable: true}]}
      inputs: {file: File}
      arguments: [sh, -c, 'echo more >> "$0"', $(inputs.file.basename)]
      outputs: {out: {type: File, outputBinding: {glob: $(inputs.file.basename)}}}
  second:
    in: {file: first/out}
    out: [out]
    run: *add
