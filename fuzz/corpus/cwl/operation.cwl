cwlVersion: v1.2
class: Operation
inputs: {a: {type: record}}
outputs: {$import: x}
