package table

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// conditions describes what reads and writes of all tables can be asked for beside themselves: tags, repeats, trials.
func (d *describer) conditions() {
	text := func(most int) *huma.Schema { return &huma.Schema{Type: huma.TypeString, MaxLength: &most} }
	header := func(name, means string, s *huma.Schema) *huma.Param {
		return &huma.Param{Name: name, In: "header", Description: means, Schema: s}
	}
	const mostTags = 8 << 10
	d.doc.Components.Parameters = map[string]*huma.Param{
		"if_none_match": header("If-None-Match", "The ETag of your copy. The reply is 304 if it is still current.", text(mostTags)),
		"if_match":      header("If-Match", "The ETag of the row as you read it, with any `fields`. The request is refused with 412 if the row has changed since.", text(mostTags)),
		"idempotency_key": header("Idempotency-Key", "Any text that is unique to this request. If the request is sent again, it isn't executed again; the first reply is repeated, with the header `Idempotent-Replayed: true`.",
			text(mostIdempotencyKey)),
		"dry_run": {
			Name: "dry_run", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"0", "1"}},
			Description: "1: change nothing, and answer with 200 and what would be done.",
		},
	}
	d.doc.Components.Headers = map[string]*huma.Header{
		"etag":  {Description: "The tag of this reply, for If-None-Match; that of one row also for If-Match.", Schema: text(mostTags)},
		"total": {Description: "How many rows meet the request, if `count` asks for it.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: number(0.0)}},
	}
	d.schemas["dry_run"] = &huma.Schema{
		Type: huma.TypeObject, Required: []string{"dry_run", "would"}, Description: "What a write would do.",
		Properties: map[string]*huma.Schema{
			"dry_run": {Type: huma.TypeBoolean},
			"would": {Type: huma.TypeArray, Items: &huma.Schema{
				Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"key"},
				Properties: map[string]*huma.Schema{"key": {AnyOf: []*huma.Schema{keySchema(nil), {Type: huma.TypeString, Nullable: true}}, Description: "for a new row the likely key; null where keys are random"}},
			}},
		},
	}
}

func shared(name string) *huma.Param { return &huma.Param{Ref: "#/components/parameters/" + name} }

// reads says that the reply to an operation has a tag.
func (e endpoint) reads() endpoint {
	e.params = append(e.params, shared("if_none_match"))
	e.reply.Headers = map[string]*huma.Param{"ETag": {Ref: "#/components/headers/etag"}}
	if e.others == nil {
		e.others = map[string]*huma.Response{}
	}
	e.others[strconv.Itoa(http.StatusNotModified)] = &huma.Response{Description: "It is what you have."}
	return e
}

// counts says that a list tells how many rows there are, if that is asked for.
func (e endpoint) counts(t *schema.Table) endpoint {
	e.params = append(e.params, countParam(t))
	e.reply.Headers[totalHeader] = &huma.Param{Ref: "#/components/headers/total"}
	return e
}

// writes says what conditions an operation takes; a row that isn't there yet has no tag.
func (e endpoint) writes(ofRow bool) endpoint {
	e.params = append(e.params, shared("dry_run"))
	if e.method == http.MethodPost {
		e.params = append(e.params, shared("idempotency_key"))
		e.others = map[string]*huma.Response{strconv.Itoa(http.StatusOK): {Description: "With dry_run: what would be done.", Content: asJSON(ref("dry_run"), nil)}}
	} else {
		e.reply.Description += " With dry_run the reply has a body, see the schema `dry_run`."
	}
	if ofRow {
		e.params = append(e.params, shared("if_match"))
		e.fails = append(e.fails, errs.Stale)
	}
	return e
}

// feeds adds the changes of a list to what can be read of it.
func (e endpoint) feeds() endpoint {
	e.doc += "\n\nWith `watch=1`, or with `Accept: text/event-stream`, the reply is a feed of the list's changes as server-sent events: it stays open, and each event's data is JSON. " +
		"To continue an interrupted feed, send the id of the last event as `since` or in the header `Last-Event-ID`."
	e.params = append(e.params,
		&huma.Param{Name: "watch", In: "query", Description: "1: follow the list.", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"0", "1"}}},
		&huma.Param{Name: "since", In: "query", Description: "With watch: the id of the last event that you have.", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: number(0.0)}})
	e.reply.Content["text/event-stream"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	return e
}
