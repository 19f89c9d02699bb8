cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  mode: {type: enum, symbols: [fast, slow]}
outputs: []
