#!/usr/bin/env cwl-runner
# Requirements of v1.0 as they were spelt before they became part of CWL.
cwlVersion: v1.0
class: CommandLineTool
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  InlineJavascriptRequirement: {}
  cwltool:LoadListingRequirement: {loadListing: deep_listing}
  cwltool:TimeLimit: {timelimit: 60}
hints:
  cwltool:WorkReuse: {enableReuse: false}
  cwltool:NetworkAccess: {networkAccess: false}
inputs: {top: Directory}
baseCommand: echo
arguments: ["$(inputs.top.listing.map(function(e) { return e.basename + (e.listing ? '/' + e.listing.length : ''); }).sort().join(' '))"]
stdout: listing.txt
outputs: {listing: stdout}
