package system

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var tagMemberHooks = engine.Hooks{Create: prepareTagMember}

// prepareTagMember puts a tag on a row only where the tag's category lets it.
func prepareTagMember(w *engine.Inside, r *schema.Record) error {
	of := system.TagMemberCol
	tag, member := of.Tag.Of(r), of.Member.Of(r)
	on, _ := of.Member.Target(w.Tx.Schema(), r)
	if on == nil {
		return errs.Field("member", "there is no row %s", member.Text()).Coded("no_row")
	}
	category, err := categoryOf(w, tag)
	if err != nil {
		return err
	}
	if !category.Get(system.TagGate(on.Name)).Bool() {
		return errs.Field("member", "category %s allows no tags on %s; set %s of the category first",
			system.TagCategoryCol.Name.Of(category).Text(), on.Name, system.TagGate(on.Name)).Coded("not_taggable")
	}
	has, err := w.Tx.Find("tag_members", store.IsAmong(of.Member, member))
	if err != nil {
		return err
	}
	for _, m := range has {
		if err := checkBeside(w, m, tag, category); err != nil {
			return err
		}
	}
	return nil
}

// checkBeside tells whether a tag of the category can be put on a row beside one that it has.
func checkBeside(w *engine.Inside, has *schema.Record, tag schema.Value, category *schema.Record) error {
	beside := system.TagMemberCol.Tag.Of(has)
	if beside == tag || !system.TagCategoryCol.SingleTagSelection.Of(category).Bool() {
		return nil
	}
	other, err := categoryOf(w, beside)
	if err == nil && other.Key == category.Key {
		err = errs.New(errs.Conflict, "single_tag", "%s already has a tag of category %q and can have only one; delete tag member %s first",
			system.TagMemberCol.Member.Of(has).Text(), system.TagCategoryCol.Name.Of(category).Text(), has.Key.Text()).On("tag")
	}
	return err
}

// categoryOf returns the category of a tag.
func categoryOf(w *engine.Inside, tag schema.Value) (*schema.Record, error) {
	t, err := w.Tx.Get("tags", tag)
	if err != nil {
		return nil, err
	}
	return w.Tx.Get("tag_categories", system.TagCol.Category.Of(t))
}
