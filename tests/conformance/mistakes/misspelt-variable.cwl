cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
arguments: [$(input.message)]
inputs: {message: {type: string, default: hi}}
outputs: []
