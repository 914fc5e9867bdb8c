# Packs target\release\hangtag.exe as target\hangtag-VERSION-windows-x86_64.msi with WiX 3, which has to be on the path.
# Signs program and package where SIGN_CERTIFICATE (a .pfx file) and SIGN_PASSWORD are set.
$ErrorActionPreference = "Stop"
$PSNativeCommandUseErrorActionPreference = $true
Set-Location (Join-Path $PSScriptRoot "..\..")

$version = (Select-String -Path Cargo.toml -Pattern '^version = "(.*)"').Matches[0].Groups[1].Value
$program = "target\release\hangtag.exe"
$package = "target\hangtag-$version-windows-x86_64.msi"

function Add-Signature($file) {
    if ($env:SIGN_CERTIFICATE) {
        $time = if ($env:SIGN_TIMESTAMP) { @("/tr", $env:SIGN_TIMESTAMP, "/td", "sha256") } else { @() }
        signtool sign /f $env:SIGN_CERTIFICATE /p $env:SIGN_PASSWORD /fd sha256 @time $file
    }
}

Add-Signature $program
candle.exe -nologo -arch x64 "-dVersion=$version" "-dProgram=$program" -out target\hangtag.wixobj packaging\windows\hangtag.wxs
light.exe -nologo -out $package target\hangtag.wixobj
Add-Signature $package
Write-Output $package
