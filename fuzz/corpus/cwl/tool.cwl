cwlVersion: v1.2
class: CommandLineTool
requirements:
  SchemaDefRequirement: {types: [{name: t, type: record, fields: {a: File, b: "int[]?"}}]}
  InitialWorkDirRequirement: {listing: [{entry: $(inputs.r.a), entryname: x, writable: true}]}
  ResourceRequirement: {coresMin: 0.5, ramMin: $(1 + 1)}
hints: [{class: DockerRequirement, dockerPull: debian}]
inputs:
  r: {type: t, inputBinding: {position: 1, prefix: -r, separate: false}}
  f: {type: File, secondaryFiles: [.bai, "^.fai?", {pattern: .x, required: $(true)}], format: "a:b", default: {class: File, location: a b}}
  e: {type: {type: enum, symbols: [x, y]}}
  s: stdin
outputs: {o: stdout, p: {type: "File[]", outputBinding: {glob: [a, b], outputEval: $(self)}}}
baseCommand: [echo, a]
arguments: [b, {valueFrom: $(inputs.e), position: 3}]
