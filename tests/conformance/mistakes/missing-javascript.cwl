cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
arguments: ["$(1 + 1)"]
inputs: []
outputs: []
