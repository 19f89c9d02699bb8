cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
requirements: {InlineJavascriptRequirement: {}}
inputs: []
outputs: []
arguments:
  - |
    ${
      var a = null;
      return a.length;
    }
