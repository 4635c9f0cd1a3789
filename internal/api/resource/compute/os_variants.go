package compute

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/errs"
)

// OSVariant is an operating system that a VM may run.
type OSVariant struct {
	ShortID string `json:"short_id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Family  string `json:"family,omitempty" doc:"as linux, winnt or freebsd"`
	Distro  string `json:"distro,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	ID      string `json:"id,omitempty" doc:"libosinfo's name for it"`
}

// OSVariants lists all that are known; Unavailable where there is no list.
type OSVariants func() ([]OSVariant, error)

type osVariantList struct {
	Variants []OSVariant `json:"variants"`
	Count    int         `json:"count"`
}

type osVariantQuery struct {
	Q      string `query:"q" doc:"a part of the name or short_id"`
	Family string `query:"family"`
	Limit  string `query:"limit" doc:"how many, 2000 at most; all if left out"`
}

// mostVariants bounds the limit that clients may give.
const mostVariants = 2000

func addOSVariants(on *frame.Server, known OSVariants) {
	o := frame.Operation{
		ID: "list-os-variants", Method: http.MethodGet, Path: "/virtualization/os-variants", Summary: "List operating systems", Tag: "virtual machines",
		Codes: frame.Codes{Invalid: "INVALID_REQUEST", Fields: map[string]string{"limit": "INVALID_LIMIT"}},
		Doc:   "The list is libosinfo's, from the package osinfo-db. Without it the reply is 503.",
	}
	frame.Add(on, o, func(_ context.Context, in *osVariantQuery) (osVariantList, error) {
		limit := mostVariants
		if in.Limit != "" {
			n, err := strconv.Atoi(in.Limit)
			if err != nil || n < 1 || n > mostVariants {
				return osVariantList{}, errs.New(errs.Invalid, "invalid_limit", "limit must be a number from 1 to %d", mostVariants).On("limit")
			}
			limit = n
		}
		if known == nil {
			return osVariantList{}, errs.New(errs.Unavailable, "osinfo_query_unavailable", "this server has no list of operating systems; os_variant of a VM takes any text")
		}
		all, err := known()
		list := osVariantList{Variants: []OSVariant{}}
		for _, v := range all {
			if len(list.Variants) < limit && in.matches(v) {
				list.Variants = append(list.Variants, v)
			}
		}
		list.Count = len(list.Variants)
		return list, err
	})
}

func (q *osVariantQuery) matches(v OSVariant) bool {
	word := strings.ToLower(q.Q)
	return (q.Family == "" || strings.EqualFold(q.Family, v.Family)) && (strings.Contains(strings.ToLower(v.Name), word) || strings.Contains(v.ShortID, word))
}
