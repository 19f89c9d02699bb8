cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
doc: what: it is
inputs: []
outputs: []
