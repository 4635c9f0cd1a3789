; nasm -f bin: tells on COM1 which hypervisor the CPU names, whether the firmware has a TPM (TCG PC Client BIOS, int 1Ah AX=BB00h), and that it ran a loop.
bits 16
org 0x7c00
	cli
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, 0x7c00
	sti
	cld
	mov ax, 0xbb00
	xor ebx, ebx
	int 0x1a
	test eax, eax
	jnz .no
	mov [tpm], ebx
.no:	mov dx, 0x3f9
	xor al, al
	out dx, al
	mov eax, 0x40000000
	cpuid
	mov [sig], ebx
	mov [sig+4], ecx
	mov [sig+8], edx
	mov si, sig
	mov cx, 12
fix:	cmp byte [si], 0
	jne ok
	mov byte [si], ' '
ok:	inc si
	loop fix
	mov si, msg
	call puts
	mov ecx, 200000
l1:	dec ecx
	jnz l1
	mov si, done
	call puts
halt:	hlt
	jmp halt
puts:	lodsb
	test al, al
	jz .r
	mov ah, al
.w:	mov dx, 0x3fd
	in al, dx
	test al, 0x20
	jz .w
	mov dx, 0x3f8
	mov al, ah
	out dx, al
	jmp puts
.r:	ret
msg:	db "PROOF HV="
sig:	times 12 db '.'
	db " TPM="
tpm:	db "none", 13, 10, 0
done:	db "PROOF LOOP=done", 13, 10, 0
times 510-($-$$) db 0
dw 0xaa55
