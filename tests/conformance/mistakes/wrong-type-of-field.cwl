cwlVersion: v1.2
class: CommandLineTool
baseCommand: {echo: hi}
inputs: []
outputs: []
