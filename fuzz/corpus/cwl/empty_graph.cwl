$graph: []
cwlVersion: v1.2
