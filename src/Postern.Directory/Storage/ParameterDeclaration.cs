using System.Data;
using System.Data.Common;

namespace Postern.Directory.Storage;

/// <summary>Declares the parameters of prepared statements.</summary>
internal static class ParameterDeclaration
{
    /// <summary>Adds a parameter without a value yet.</summary>
    public static void Declare(this DbCommand command, string name, DbType type)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.DbType = type;
        command.Parameters.Add(parameter);
    }
}
