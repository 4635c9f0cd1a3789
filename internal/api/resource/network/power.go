package network

import (
	"context"
	"fmt"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/perm"
)

func addPower(s *service) {
	for name, action := range map[string]string{"start": "poweron", "stop": "poweroff"} {
		op := operation(name+"-network", http.MethodPost, "/{name}/"+name, "Have the network's router "+name)
		frame.Add(s.Server, op, func(ctx context.Context, in *networkPath) (frame.Message, error) {
			row, err := s.vnet(ctx, in.Name, perm.Modify)
			if err != nil {
				return frame.Message{}, err
			}
			_, err = s.Engine.Act(ctx, "vnets", shape.Key(row.Key), action, nil)
			return frame.Message{Message: fmt.Sprintf("Network %s: %s", row.Name, name)}, err
		})
	}
}
