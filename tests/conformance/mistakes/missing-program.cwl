cwlVersion: v1.2
class: CommandLineTool
baseCommand: no-such-program
inputs: []
outputs: []
