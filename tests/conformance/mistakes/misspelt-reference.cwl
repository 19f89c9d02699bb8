cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
arguments: [$(inputs.mesage)]
inputs: {message: {type: string, default: hi}}
outputs: []
