cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs:
  reads:
    type: File
    secondaryFiles: .bai
    default: {class: File, location: good-tool.cwl}
outputs: []
