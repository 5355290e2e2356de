keyfence_source=$(cd "$ngx_addon_dir/../.." && pwd)
keyfence_objects=$(cd "$NGX_OBJS" && pwd)

cat << END >> "$NGX_MAKEFILE"

modules: keyfence_module

keyfence_module:
	cmake -S $keyfence_source -B $keyfence_objects/keyfence -G Ninja -D CMAKE_BUILD_TYPE=Release \\
		-D KEYFENCE_NGINX_SOURCE=$PWD -D KEYFENCE_NGINX_OBJECTS=$keyfence_objects
	cmake --build $keyfence_objects/keyfence --target keyfence_nginx
	cp $keyfence_objects/keyfence/gateways/nginx/ngx_http_keyfence_module-*.so $keyfence_objects/
END
