module dewpoint/test/govergeos

go 1.26.8

require github.com/verge-io/govergeos v0.2.0
