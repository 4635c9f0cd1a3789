package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

var favoriteHooks = engine.Hooks{Create: createFavorite}

// createFavorite makes it the caller's own, unless an administrator names somebody else.
func createFavorite(w *engine.Inside, r *schema.Record) error {
	of := compute.VMFavoriteCol
	if of.User.Of(r).IsNull() {
		of.User.Put(r, w.Actor.User)
	}
	if of.User.Of(r).Int() != w.Actor.User && !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "you can mark favorites only for yourself").On("user")
	}
	return nil
}
