# Packs target\release\hangtag.exe as target\hangtag-VERSION-windows-x86_64.msi with WiX 3, which has to be on the path.
# Signs the programs and the package where SIGN_CERTIFICATE (a .pfx file) and SIGN_PASSWORD are set.
$ErrorActionPreference = "Stop"
$PSNativeCommandUseErrorActionPreference = $true
Set-Location (Join-Path $PSScriptRoot "..\..")

$version = (Select-String -Path Cargo.toml -Pattern '^version = "(.*)"').Matches[0].Groups[1].Value
$program = "target\release\hangtag.exe"
$console = "target\release\hangtag.com"
$package = "target\hangtag-$version-windows-x86_64.msi"

# Who types `hangtag` gets hangtag.com: the same program, marked in its header as one for consoles, so that a shell waits for
# it and sees what it prints. hangtag.exe is for double-clicks, and has no console.
$bytes = [IO.File]::ReadAllBytes((Join-Path $PWD $program))
$header = [BitConverter]::ToInt32($bytes, 0x3C)
$bytes[$header + 0x5C] = 3 # IMAGE_SUBSYSTEM_WINDOWS_CUI
[IO.File]::WriteAllBytes((Join-Path $PWD $console), $bytes)

function Add-Signature($file) {
    if ($env:SIGN_CERTIFICATE) {
        $time = if ($env:SIGN_TIMESTAMP) { @("/tr", $env:SIGN_TIMESTAMP, "/td", "sha256") } else { @() }
        signtool sign /f $env:SIGN_CERTIFICATE /p $env:SIGN_PASSWORD /fd sha256 @time $file
    }
}

Add-Signature $program
Add-Signature $console
candle.exe -nologo -arch x64 "-dVersion=$version" "-dProgram=$program" "-dConsole=$console" `
    -out target\hangtag.wixobj packaging\windows\hangtag.wxs
light.exe -nologo -out $package target\hangtag.wixobj
Add-Signature $package
Write-Output $package
