using Postern.Directory.People;
using Postern.Directory.Sessions;

namespace Postern.Login.Sessions;

/// <summary>A session that holds now, with the person it belongs to.</summary>
internal sealed record LiveSession(Session Session, User User);
