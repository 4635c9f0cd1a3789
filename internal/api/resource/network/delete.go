package network

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/perm"
)

func addDelete(s *service) {
	frame.AddEmpty(s.Server, operation("delete-network", http.MethodDelete, "/{name}", "Delete a virtual network"), func(ctx context.Context, in *networkPath) error {
		row, err := s.vnet(ctx, in.Name, perm.Delete)
		if err != nil {
			return err
		}
		return s.Engine.Delete(ctx, "vnets", shape.Key(row.Key))
	})
}
