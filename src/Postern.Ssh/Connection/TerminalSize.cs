namespace Postern.Ssh.Connection;

/// <summary>Size of a terminal in characters and pixels (RFC 4254 section 6.2); zero means unknown.</summary>
public readonly record struct TerminalSize(uint Columns, uint Rows, uint PixelWidth, uint PixelHeight);
