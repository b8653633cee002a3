using System.Runtime.Versioning;

// File modes, signals and control sockets are those of Linux and macOS.
[assembly: UnsupportedOSPlatform("windows")]
