package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
)

var memberHooks = engine.Hooks{Create: prepareMember, Settled: settleAdmins}

// prepareMember refuses a group as a member of itself. Groups that contain each other in a longer circle do no harm.
func prepareMember(w *engine.Inside, r *schema.Record) error {
	group, member := access.MemberCol.ParentGroup.Of(r), access.MemberCol.Member.Of(r)
	if member.Text() == "groups/"+group.Text() {
		return errs.Field("member", "a group can't be a member of itself")
	}
	joined, err := w.Tx.Get("groups", group)
	if err != nil {
		return err
	}
	return mayJoin(w, joined)
}
