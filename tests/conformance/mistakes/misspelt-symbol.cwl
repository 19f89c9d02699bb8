cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  mode: {type: {type: enum, symbols: [fast, slow]}, default: fats}
outputs: []
