cwlVersion: v1.2
class: CommandLineTool
basecommand: echo
inputs: []
outputs: []
