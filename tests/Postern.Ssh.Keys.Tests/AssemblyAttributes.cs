// File modes and ssh-keygen: these tests run where the product runs.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
