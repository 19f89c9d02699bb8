cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  count: {type: int, default: many}
outputs: []
