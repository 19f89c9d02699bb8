cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  $import: cycle-of-imports.yml
outputs: []
