cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  reads: {type: array, items: File}
outputs: []
