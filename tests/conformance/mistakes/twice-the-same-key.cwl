cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: []
inputs: {a: int}
outputs: []
